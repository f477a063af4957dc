"""Prints ATI's incident events: any Kafka client reads them, and ATI's query API serves their Avro schemas."""
import argparse
import functools
import io
import json
import os
import sys
import time
import urllib.request
import uuid

import fastavro
from confluent_kafka import Consumer, KafkaError, KafkaException

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--brokers", default="127.0.0.1:9092")
parser.add_argument("--registry", default="http://127.0.0.1:8001", help="ATI's query API, or a schema registry")
parser.add_argument("--topic", default="ati.incidents")
parser.add_argument("--group", help="consumer group: from the oldest event at first, then on from where it stopped")
parser.add_argument("--follow", action="store_true", help="wait for new ones; without it: what is there, then end")
parser.add_argument("--from-beginning", action="store_true", help="with --follow: what is there already, too")
parser.add_argument("--json", action="store_true", help="whole events, one JSON object a line")
args = parser.parse_args()


@functools.cache
def schema(schema_id):
    try:
        with urllib.request.urlopen(f"{args.registry}/schemas/ids/{schema_id}", timeout=10) as answer:
            return fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"no schema {schema_id} at {args.registry}: {error} (--registry: ATI's query API)")


def decode(value):
    """Confluent's wire format: a zero, the schema's id in four bytes, then Avro."""
    if not value or value[0] != 0:
        sys.exit(f"{args.topic} holds a record that is not in Confluent's wire format")
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema(int.from_bytes(value[1:5], "big")))


def utc(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))


def show(event):
    if args.json:
        return print(json.dumps(event), flush=True)
    by, muted = event["acknowledgedBy"], event["mutedUntil"] > time.time() * 1000
    operated = event["event"] in ("acknowledged", "unacknowledged", "muted", "unmuted")
    marks = [by and f"acknowledged by {by}", muted and f"muted until {utc(event['mutedUntil'])}"]
    marks += [event["note"]] if operated else []
    print(utc(event["at"]), event["incidentId"][:8], event["event"], event["severity"], f"{event['kind']}:",
          event["agent"], "/", event["operation"], *(f"({mark})" for mark in marks if mark), flush=True)
    if operated or muted or event["event"] in ("resolved", "retracted"):
        return  # its numbers and advice are those of the event before
    print("  " + ", ".join(f"{each['name']} {each['value']:g}" for each in event["evidence"]))
    print(*(f"  -> {advice['text']}" for advice in event["recommendations"]), sep="\n", flush=True)


consumer = Consumer({
    "bootstrap.servers": args.brokers,
    "group.id": args.group or f"ati-example-{uuid.uuid4()}",
    "enable.auto.commit": bool(args.group),
    "enable.auto.offset.store": False,  # stored below, once it is shown
    # A group that has committed nothing yet may have waited on a quiet topic: it must not begin at the end.
    "auto.offset.reset": "latest" if args.follow and not (args.from_beginning or args.group) else "earliest",
    "enable.partition.eof": not args.follow,
    "log_level": 2,  # a broker that is away is told of below, once
    "error_cb": lambda error: down.append(error) if error.code() == KafkaError._ALL_BROKERS_DOWN else None,
})
down, ended = [], set()
try:
    if (error := consumer.list_topics(args.topic, timeout=5).topics[args.topic].error) is not None:
        sys.exit(f"no topic {args.topic} at {args.brokers}: {error.str()}")
    down.clear()  # one name may have several addresses: one has answered
    consumer.subscribe([args.topic])
    while not ended or len(ended) < len(consumer.assignment()):
        for message in consumer.consume(timeout=1.0):
            if message.error() is None:
                show(decode(message.value()))
                consumer.store_offsets(message)
                down.clear()
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            else:
                raise KafkaException(message.error())
        if down and not args.follow:
            sys.exit(f"the Kafka broker at {args.brokers} has gone")
        if len(down) == 1:
            down *= 2  # said: once until it is back
            print(f"the Kafka broker at {args.brokers} has gone: waiting for it", file=sys.stderr)
except KafkaException as error:
    sys.exit(f"no Kafka broker at {args.brokers} (--brokers) that answers: {error.args[0].str()}")
except KeyboardInterrupt:
    pass
except BrokenPipeError:  # a reader that has seen enough (head): what is left in the buffer goes nowhere
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
finally:
    consumer.close()  # commits what a group was shown
