"""What uamqp sees of the hub as a service and as a device, in JSON lines: what azure-iot-hub and az iot stand on.

The environment has PORT, CA, the file of the authority to trust, and DEVICE_TOKEN and SERVICE_TOKEN, the tokens of the
device `d1` and of a service.
"""

import json
import os
import time

import uamqp
from azure.core.credentials import AccessToken
from uamqp import authentication, errors

port, ca = int(os.environ["PORT"]), os.environ["CA"]
device_path = "amqps://localhost/devices/d1"


def tell(what, **seen):
    print(json.dumps({"what": what, **seen}), flush=True)


def token_of(name, audience):
    def get_token():
        return AccessToken(os.environ[name], int(time.time()) + 3600)

    return authentication.JWTTokenAuth(
        audience,
        audience,
        get_token,
        token_type=b"servicebus.windows.net:sastoken",
        port=port,
        verify=ca,
    )


def service():
    return token_of("SERVICE_TOKEN", "https://localhost")


def device():
    return token_of("DEVICE_TOKEN", "https://localhost/devices/d1")


def send(target, auth, *messages):
    client = uamqp.SendClient(target, auth=auth)
    client.queue_message(*messages)
    return [state.name for state in client.send_all_messages()]


def receive(source, auth, *outcomes):
    """Receives as many messages as there are outcomes, and settles each by its own; tells what they were."""
    client = uamqp.ReceiveClient(source, auth=auth, auto_complete=False, prefetch=1)
    for settle in outcomes:
        (message,) = client.receive_message_batch(max_batch_size=1, timeout=30_000)
        settle(message)
        # That leaves with the next turn of the connection.
        client.do_work()
        properties = message.application_properties or {}
        yield {
            "body": b"".join(message.get_data()).decode(),
            "id": (message.properties.message_id or b"").decode(),
            "before": message.header.delivery_count if message.header else 0,
            "own": {name.decode(): value.decode() for name, value in properties.items()},
        }
    client.close()


def message(body, message_id):
    properties = uamqp.message.MessageProperties(message_id=message_id, to="/devices/d1/messages/devicebound")
    return uamqp.Message(body, properties=properties, application_properties={"iothub-ack": "full", "a": "b"})


event = uamqp.Message(b"event", application_properties={"level": "1"})
tell("events", states=send(f"{device_path}/messages/events", device(), event))
for message_id, outcomes in (
    ("kept", (uamqp.Message.release, lambda it: it.modify(True, False), uamqp.Message.accept)),
    ("refused", (uamqp.Message.reject,)),
):
    tell("sent", states=send("amqps://localhost/messages/devicebound", service(), message(b"do it", message_id)))
    for given in receive(f"{device_path}/messages/devicebound", device(), *outcomes):
        tell("given", **given)
records = []
while len(records) < 2:
    for batch in receive("amqps://localhost/messages/serviceBound/feedback", service(), uamqp.Message.accept):
        records += json.loads(batch["body"])
tell("feedback", outcomes=[[record["originalMessageId"], record["statusCode"]] for record in records])

# The built-in endpoint is elsewhere, as az iot hub monitor-events expects.
monitor = uamqp.ReceiveClient("amqps://localhost/messages/events/ConsumerGroups/$Default/Partitions/0", auth=service())
try:
    monitor.open()
    while not monitor.client_ready():
        monitor.do_work()
    tell("redirected", to=None)
except errors.LinkRedirect as redirect:
    tell("redirected", to=redirect.hostname.decode())
finally:
    monitor.close()
