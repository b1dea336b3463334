"""What Python's Event Hubs clients see of the emulator, in JSON lines: azure-eventhub over both of its transports, and
uamqp by itself.

The environment has EVENT_HUBS, a connection string with the port, and CA, the file of the authority to trust. The Event
Hubs `sdk` and `raw` have one partition each, and are empty.
"""

import json
import os
import re
import threading
import time
import uuid

import uamqp
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from azure.eventhub._pyamqp import _transport
from uamqp import authentication

ca = os.environ["CA"]
host, port, policy, key = re.fullmatch(
    r"Endpoint=sb://([^:;/]+):(\d+)/?;SharedAccessKeyName=([^;]+);SharedAccessKey=([^;]+);?", os.environ["EVENT_HUBS"]
).groups()
connection = f"Endpoint=sb://{host}/;SharedAccessKeyName={policy};SharedAccessKey={key}"
# No setting of the SDK leads to another port than 5671: here that of pyamqp, in `client` that of uamqp.
_transport.to_host_port = lambda name, _: (name, int(port))

properties = {
    "text": "täxt",
    "flag": True,
    "int": 7,
    "whole": 5.0,
    "real": 0.1,
    # Without a zero: uamqp takes bytes for text, and ends it there.
    "bytes": b"\x01\xff",
    "uuid": uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
}


def tell(what, **seen):
    print(json.dumps({"what": what, **seen}), flush=True)


def client(of, *group, uses_uamqp=False, **settings):
    made = of.from_connection_string(
        connection,
        *group,
        eventhub_name="sdk",
        connection_verify=ca,
        uamqp_transport=uses_uamqp,
        retry_total=0,
        **settings,
    )
    made._config.connection_port = int(port)
    return made


def tell_properties():
    with client(EventHubProducerClient) as producer:
        hub, partition = producer.get_eventhub_properties(), producer.get_partition_properties("0")
    tell("eventHub", name=hub["eventhub_name"], partitionIds=hub["partition_ids"], year=hub["created_at"].year)
    count = partition["last_enqueued_sequence_number"] - partition["beginning_sequence_number"] + 1
    tell("partition", id=partition["id"], count=count, isEmpty=partition["is_empty"])


def produce(first, uses_uamqp):
    with client(EventHubProducerClient, uses_uamqp=uses_uamqp) as producer:
        batch = producer.create_batch(partition_key="key")
        for index in range(first, first + 3):
            event = EventData(json.dumps({"index": index}))
            event.properties = properties
            event.content_type = "application/json"
            event.correlation_id = f"correlation-{index}"
            batch.add(event)
        producer.send_batch(batch)


class Checkpoints:
    """A checkpoint store in memory."""

    def __init__(self):
        self.owners, self.checkpoints = {}, {}

    def list_ownership(self, *_, **__):
        return list(self.owners.values())

    def claim_ownership(self, ownership_list, **_):
        for owner in ownership_list:
            claimed = {**owner, "etag": str(uuid.uuid4()), "last_modified_time": time.time()}
            self.owners[owner["partition_id"]] = claimed
        return [self.owners[owner["partition_id"]] for owner in ownership_list]

    def update_checkpoint(self, checkpoint, **_):
        self.checkpoints[checkpoint["partition_id"]] = checkpoint

    def list_checkpoints(self, *_, **__):
        return list(self.checkpoints.values())


def tell_event(event, last):
    tell(
        "event",
        body=event.body_as_json(),
        properties={name.decode(): repr(value) for name, value in event.properties.items()},
        contentType=event.content_type,
        correlationId=event.correlation_id,
        partitionKey=event.partition_key.decode(),
        isOffsetSequenceNumber=event.offset == str(event.sequence_number),
        afterIt=last["sequence_number"] - event.sequence_number,
    )


def consume(store, count):
    """Reads so many events, from the checkpoint of the one before on; from the start where there is none."""
    consumer = client(EventHubConsumerClient, "$Default", checkpoint_store=store)
    seen, done = [], threading.Event()

    def on_event(partition, event):
        if len(seen) < count:
            seen.append(event)
            tell_event(event, partition.last_enqueued_event_properties)
            partition.update_checkpoint(event)
        if len(seen) == count:
            done.set()

    def on_error(_, error):
        tell("error", message=str(error))
        done.set()

    settings = {"on_error": on_error, "starting_position": "-1", "track_last_enqueued_event_properties": True}
    reading = threading.Thread(target=consumer.receive, args=(on_event,), kwargs=settings)
    reading.start()
    done.wait(30)
    consumer.close()
    reading.join()


def tell_missing():
    """What is not there is refused, not waited for."""
    producer = EventHubProducerClient.from_connection_string(
        connection, eventhub_name="nowhere", connection_verify=ca, retry_total=0
    )
    try:
        with producer:
            producer.send_batch([EventData("lost")])
    except Exception as error:  # pylint: disable=broad-except
        tell("refused", error=type(error).__name__)


def use_uamqp():
    """Sends by SASL PLAIN, receives by a token over $cbs."""
    plain = authentication.SASLPlain(host, policy, key, port=int(port), verify=ca)
    sender = uamqp.SendClient(f"amqps://{host}/raw", auth=plain)
    sender.queue_message(uamqp.Message(b"raw", application_properties={"big": 2**53 + 1, "whole": 5.0}))
    tell("sent", states=[state.name for state in sender.send_all_messages()])

    token = authentication.SASTokenAuth.from_shared_access_key(
        f"sb://{host}/raw", policy, key, port=int(port), verify=ca
    )
    receiver = uamqp.ReceiveClient(f"amqps://{host}/raw/ConsumerGroups/$Default/Partitions/0", auth=token)
    for message in receiver.receive_message_batch(max_batch_size=1, timeout=30_000):
        values = {name.decode(): repr(value) for name, value in message.application_properties.items()}
        tell("raw", body=b"".join(message.get_data()).decode(), properties=values)
    receiver.close()


tell_properties()
produce(0, uses_uamqp=False)
produce(3, uses_uamqp=True)
tell_properties()
checkpoints = Checkpoints()
consume(checkpoints, 2)
consume(checkpoints, 4)
tell_missing()
use_uamqp()
