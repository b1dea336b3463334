import { type Expression, parseExpression } from './expression';
import { functions } from './functions';
import { runtimeProperties } from './runtimeProperties';

type Dictionary = Record<string, unknown>;

/** A compiled template (language version 2.0: resources by their symbolic names). */
export interface Template {
  parameters?: Record<string, { defaultValue?: unknown }>;
  variables?: Dictionary;
  resources: Record<string, Dictionary>;
  outputs?: Record<string, { value: unknown }>;
}

/** A resource as a deployment would create it. */
export interface Resource {
  type: string;
  name: string;
  id: string;
  /** Id of what an extension resource, as a role assignment, is about. */
  scope?: string;
  identity?: { userAssignedIdentities?: Dictionary };
  tags?: Dictionary;
  kind?: string;
  sku?: Dictionary;
  properties: Dictionary;
}

export interface Deployment {
  resources: Resource[];
  outputs: Dictionary;
}

/** What names stand for inside one expression. */
interface Names {
  copyIndex?: number;
  lambdaVariables: Dictionary;
}

/**
 * Does what Azure Resource Manager does with a template, up to asking the services: nested templates, loops, conditions.
 *
 * @param added What the services add to a resource when they create it.
 */
export function deploy(template: Template, parameters: Dictionary = {}, added = runtimeProperties): Deployment {
  return new Run(template, parameters, added).deploy();
}

class Run {
  readonly #created: Resource[] = [];
  readonly #references = new Map<string, Dictionary>();

  constructor(
    private readonly template: Template,
    private readonly parameters: Dictionary,
    private readonly added: typeof runtimeProperties,
  ) {}

  deploy(): Deployment {
    for (const symbol of Object.keys(this.template.resources)) this.#create(symbol);
    const outputs = Object.entries(this.template.outputs ?? {}).map(([name, { value }]) => [name, this.#value(value)]);
    return { resources: this.#created, outputs: Object.fromEntries(outputs) };
  }

  #create(symbol: string): Dictionary {
    const known = this.#references.get(symbol);
    if (known) return known;
    const declared = this.template.resources[symbol];
    if (!declared) throw new Error(`There is no resource ${symbol}.`);
    const { copy, condition = true, existing = false, ...body } = declared;
    const count = copy ? Number(this.#value((copy as Dictionary).count)) : 1;
    let reference: Dictionary = {};
    for (let index = 0; index < count; index++) {
      const names = { lambdaVariables: {}, copyIndex: index };
      if (this.#value(condition, names)) reference = this.#createOne(body, names, Boolean(existing));
    }
    this.#references.set(symbol, reference);
    return reference;
  }

  #createOne(body: Dictionary, names: Names, existing: boolean): Dictionary {
    if (body.type === 'Microsoft.Resources/deployments') return this.#nest(body.properties as Dictionary, names);
    const resource = { properties: {}, ...Object(this.#value(body, names)) } as Resource;
    const id = functions.resourceId?.(resource.type, ...resource.name.split('/'));
    if (!existing) this.#created.push({ ...resource, id: String(id) });
    return { ...resource.properties, ...this.added(resource) };
  }

  #nest({ template, parameters = {} }: Dictionary, names: Names): Dictionary {
    // A condition makes an expression of the whole `{ value }`.
    const given = this.#value(parameters, names) as Record<string, { value: unknown }>;
    const values = Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]));
    const { resources, outputs } = deploy(template as Template, values, this.added);
    this.#created.push(...resources);
    return { outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])) };
  }

  #value(value: unknown, names: Names = { lambdaVariables: {} }): unknown {
    if (typeof value === 'string') {
      const expression = parseExpression(value);
      return expression ? this.#evaluate(expression, names) : value.replace(/^\[\[/, '[');
    }
    if (Array.isArray(value)) return value.map((each) => this.#value(each, names));
    if (typeof value !== 'object' || value === null) return value;
    const { copy, ...members } = value as Dictionary & { copy?: unknown };
    const looped = Array.isArray(copy) ? copy.map((each) => this.#loop(each as Dictionary, names)) : [];
    const plain = Object.entries(members).map(([name, member]) => [
      this.#value(name, names),
      this.#value(member, names),
    ]);
    return Object.fromEntries([...plain, ...looped]);
  }

  /** A property whose value is a list with one element a turn. */
  #loop({ name, count, input }: Dictionary, names: Names): [string, unknown[]] {
    const length = Number(this.#value(count, names));
    const elements = Array.from({ length }, (_, copyIndex) =>
      // Such an index is asked for by the name of the property; none of ours loops inside another loop.
      this.#value(input, { ...names, copyIndex }),
    );
    return [String(name), elements];
  }

  #evaluate(expression: Expression, names: Names): unknown {
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'member': {
        const of = this.#evaluate(expression.of, names) as Dictionary;
        return of[String(this.#evaluate(expression.key, names))];
      }
      case 'call':
        return this.#call(expression.name, expression.args, names);
    }
  }

  #call(name: string, args: Expression[], names: Names): unknown {
    const [first, second, third] = args;
    const value = (argument: Expression | undefined) => argument && this.#evaluate(argument, names);
    switch (name) {
      case 'if':
        return value(value(first) ? second : third);
      case 'parameters': {
        const parameter = String(value(first));
        return parameter in this.parameters
          ? this.parameters[parameter]
          : this.#value(this.template.parameters?.[parameter]?.defaultValue);
      }
      case 'variables':
        return this.#value(this.template.variables?.[String(value(first))]);
      case 'reference':
        return this.#create(String(value(first)));
      case 'copyIndex':
        return names.copyIndex;
      case 'lambdaVariables':
        return names.lambdaVariables[String(value(first))];
      case 'map':
        return (value(first) as unknown[]).map((each) => this.#apply(second, each, names));
    }
    const compute = functions[name];
    if (!compute) throw new Error(`The function ${name} is not among those of these tests: add it.`);
    return compute(...args.map(value));
  }

  #apply(lambda: Expression | undefined, value: unknown, names: Names): unknown {
    if (lambda?.kind !== 'call' || lambda.args.length !== 2) throw new Error('Not a lambda of one variable.');
    const [variable, body] = lambda.args as [Expression, Expression];
    const lambdaVariables = { ...names.lambdaVariables, [String(this.#evaluate(variable, names))]: value };
    return this.#evaluate(body, { ...names, lambdaVariables });
  }
}
