import type { Log } from '../log';
import type { Hook, RegisteredFunction, Registrations } from './coreModule';
import type { CoreInvocationContext, InvocationRequest, InvocationResponse, ProgrammingModel } from './rpc';

/**
 * Runs a function as the worker does: arguments, `preInvocation` hooks, the handler, `postInvocation` hooks, response.
 * Hooks may replace inputs, handler, result and error.
 *
 * @throws what the handler threw, unless a hook cleared it; what a hook threw.
 */
export async function invoke(
  { model, hooks, appHooks }: Registrations,
  { metadata, callback }: RegisteredFunction,
  request: InvocationRequest,
  log: Log,
): Promise<InvocationResponse> {
  const core: CoreInvocationContext = { invocationId: request.invocationId, request, metadata, log };
  const invocation = (model as ProgrammingModel).getInvocationModel(core);
  const { context, inputs } = await invocation.getArguments();

  const shared = { invocationContext: context, hookData: {}, appHookData: appHooks.appHookData };
  const before = { ...shared, inputs, functionCallback: callback };
  core.state = 'preInvocationHooks';
  await runHooks(hooks.preInvocation, before);

  const after: Record<string, unknown> & { result: unknown; error: unknown } = {
    ...shared,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  core.state = 'invocation';
  try {
    after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }

  core.state = 'postInvocationHooks';
  await runHooks(hooks.postInvocation, after);
  core.state = undefined;
  if (after.error !== null && after.error !== undefined) throw after.error;
  return invocation.getResponse(context, after.result);
}

async function runHooks(hooks: Hook[], context: Record<string, unknown>): Promise<void> {
  for (const hook of hooks) await hook(context);
}
