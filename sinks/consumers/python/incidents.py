"""Prints ATI's incident events: any Kafka client reads them, and ATI's query API serves their Avro schemas."""
import argparse
import functools
import io
import json
import urllib.request
import uuid

import fastavro
from confluent_kafka import Consumer, KafkaError, KafkaException

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--brokers", default="127.0.0.1:9092")
parser.add_argument("--registry", default="http://127.0.0.1:8001", help="ATI's query API, or a schema registry")
parser.add_argument("--topic", default="ati.incidents")
parser.add_argument("--group", help="consumer group, goes on where it stopped; without one nothing is remembered")
parser.add_argument("--follow", action="store_true", help="wait for new ones; without it: what is there, then end")
parser.add_argument("--from-beginning", action="store_true", help="with --follow: what is there already, too")
parser.add_argument("--json", action="store_true", help="whole events, one JSON object a line")
args = parser.parse_args()


@functools.cache
def schema(schema_id):
    with urllib.request.urlopen(f"{args.registry}/schemas/ids/{schema_id}", timeout=10) as answer:
        return fastavro.parse_schema(json.loads(json.load(answer)["schema"]))


def decode(value):
    """Confluent's wire format: a zero, the schema's id in four bytes, then Avro."""
    assert value[0] == 0, "not in Confluent's wire format"
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema(int.from_bytes(value[1:5], "big")))


def show(event):
    if args.json:
        return print(json.dumps(event), flush=True)
    print(f"{event['event']} {event['severity']} {event['kind']}: {event['agent']} / {event['operation']}")
    print("  " + ", ".join(f"{each['name']} {each['value']:g}" for each in event["evidence"]))
    print(*(f"  -> {advice['text']}" for advice in event["recommendations"]), sep="\n", flush=True)


consumer = Consumer({
    "bootstrap.servers": args.brokers,
    "group.id": args.group or f"ati-example-{uuid.uuid4()}",
    "enable.auto.commit": bool(args.group),
    "auto.offset.reset": "latest" if args.follow and not args.from_beginning else "earliest",
    "enable.partition.eof": not args.follow,
})
consumer.subscribe([args.topic])
ended = set()
while not ended or len(ended) < len(consumer.assignment()):
    for message in consumer.consume(timeout=1.0):
        if message.error() is None:
            show(decode(message.value()))
        elif message.error().code() == KafkaError._PARTITION_EOF:
            ended.add(message.partition())
        else:
            raise KafkaException(message.error())
consumer.close()
