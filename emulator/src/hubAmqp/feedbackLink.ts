import rhea, { type Message, type Sender } from 'rhea';
import { confirmOpen } from '../amqp/rheaInternals';
import type { Hub } from '../iotHub';
import type { FeedbackBatch } from '../messages/feedback';
import { lend } from './lend';

const contentType = 'application/vnd.microsoft.iothub.feedback.json';

/** Gives a service what became of messages; answers what is to be done when the link has ended. */
export function lendFeedback(link: Sender, hub: Hub): () => void {
  confirmOpen(link);
  const { feedback } = hub.messages;
  const lending = lend(link, () => {
    const batch = feedback.receive();
    return (
      batch && {
        message: toMessage(batch, hub.name),
        lockToken: batch.lockToken,
        settle: async (outcome) =>
          outcome === 'released' ? feedback.abandon(batch.lockToken) : feedback.complete(batch.lockToken),
      }
    );
  });
  const pump = () => lending.pump();
  feedback.available.on('available', pump);
  return () => {
    feedback.available.off('available', pump);
    lending.end();
  };
}

/** Records are a JSON array, in one piece. */
function toMessage({ records, enqueuedAt }: FeedbackBatch, hubName: string): Message {
  return {
    content_type: contentType,
    user_id: Buffer.from(hubName),
    message_annotations: { 'iothub-enqueuedtime': rhea.types.wrap_timestamp(enqueuedAt) },
    body: rhea.message.data_section(Buffer.from(JSON.stringify(records))),
  } as unknown as Message;
}
