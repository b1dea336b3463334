"""Publishes CloudEvents to a topic of the emulator with azure-eventgrid, and tells in a JSON line what came of it.

The environment has TOPIC_ENDPOINT and TOPIC_KEY; REQUESTS_CA_BUNDLE is the file of the authority to trust.
"""

import json
import os
from datetime import datetime, timezone

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridPublisherClient

endpoint = os.environ["TOPIC_ENDPOINT"]
moment = datetime(2026, 1, 2, 3, 4, 5, 678901, timezone.utc)


def publish(key, events):
    with EventGridPublisherClient(endpoint, AzureKeyCredential(key), retry_total=0) as client:
        try:
            client.send(events)
            return 200
        except HttpResponseError as error:
            return error.status_code


events = [
    CloudEvent(
        source="python",
        type="DeviceTwins.TwinChanged",
        subject=f"devices/d{index}",
        id=f"event-{index}",
        time=moment,
        data={"index": index, "text": "täxt"},
        extensions={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    )
    for index in range(2)
]
print(json.dumps({"sent": publish(os.environ["TOPIC_KEY"], events), "wrongKey": publish("d3Jvbmc=", events)}))
