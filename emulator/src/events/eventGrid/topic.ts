import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from '../../rest/httpsServer';
import { BodyTooLargeError, readBody } from '../../wire/readBody';
import { send } from '../../wire/reply';
import type { TopicDefinition } from '../topology';
import { authorize } from './authorize';
import { errorBody, maxPublishBytes, PublishError, parseEvents } from './publish';
import { type EventSchema, schemas } from './schemas';
import { Subscription, type SubscriptionOptions } from './subscription';

const topicPath = /^\/eventgrid\/topics\/([^/]+)\/api\/events$/;

/** An Event Grid custom topic, and its subscriptions, which deliver in its schema. */
export class Topic {
  readonly #subscriptions: Subscription[];
  readonly #schema: EventSchema;
  /** As events of the Event Grid schema name it. */
  readonly #id: string;

  constructor(
    private readonly definition: TopicDefinition,
    private readonly key: string,
    private readonly options: SubscriptionOptions,
  ) {
    const { name, inputSchema, subscriptions } = definition;
    this.#schema = schemas[inputSchema];
    this.#id = `/subscriptions/emulator/resourceGroups/emulator/providers/Microsoft.EventGrid/topics/${name}`;
    this.#subscriptions = subscriptions.map((each) => new Subscription(each, inputSchema, this.#id, options));
  }

  /** Takes requests below `/eventgrid/`. */
  readonly handle: Handler = (request, response, { path }) => {
    if (!path.startsWith('/eventgrid/')) return false;
    void this.#answer(request, path, response);
    return true;
  };

  /** Ends all deliveries; answers how many events were not delivered. */
  stop(): number {
    return this.#subscriptions.reduce((dropped, subscription) => dropped + subscription.stop(), 0);
  }

  async #answer(request: IncomingMessage, path: string, response: ServerResponse): Promise<void> {
    try {
      await this.#receive(request, path);
      send(response, { status: 200 });
    } catch (error) {
      if (error instanceof PublishError) return send(response, { status: error.status, body: errorBody(error) });
      this.options.log(`Event Grid could not read a request: ${error}`);
      response.destroy();
    }
  }

  async #receive(request: IncomingMessage, path: string): Promise<void> {
    const [, name] = topicPath.exec(path) ?? [];
    if (name !== this.definition.name || request.method !== 'POST') {
      throw new PublishError(
        404,
        `There is no such topic: POST to /eventgrid/topics/${this.definition.name}/api/events.`,
      );
    }
    authorize(request.headers, this.key);
    for (const event of parseEvents(await readEvents(request), this.#schema)) {
      const complete = this.#schema.complete(event, this.#id);
      for (const subscription of this.#subscriptions) subscription.take(complete);
    }
  }
}

async function readEvents(request: IncomingMessage): Promise<Buffer> {
  try {
    return await readBody(request, maxPublishBytes);
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw new PublishError(413, error.message);
    throw error;
  }
}
