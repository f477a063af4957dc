"""The load profiles of `npm run load`, run by locust.

    PROFILE=mix locust -f producers/load/locust/locustfile.py --headless --host http://127.0.0.1:8080

PROFILE names a file of ../profiles, or is the path of one; DURATION_S stands in for the profile's. A user is a workflow
that runs, so `concurrent` is followed by the number of users; `poisson` and `timestamps` are one user who starts
workflows at their times, whatever runs. Stops by itself, after the last workflow; load goes to this machine only unless
ALLOW_REMOTE=true.
"""

import json
import os
import random
import re
from pathlib import Path

import gevent
from locust import FastHttpUser, LoadTestShape, events, task
from locust.exception import StopUser

NAME = os.environ.get("PROFILE", "mix")
FILE = Path(NAME) if NAME.endswith(".json") else Path(__file__).resolve().parent.parent / "profiles" / f"{NAME}.json"
PROFILE = json.loads(FILE.read_text())
DURATION_S = float(os.environ.get("DURATION_S", PROFILE["durationS"]))
ARRIVALS = PROFILE["arrivals"]
CLOSED = ARRIVALS["type"] == "concurrent"
STREAMS = PROFILE.get("streams", {"count": 0})
LOOPBACK = re.compile(r"https?://(127(\.\d+){3}|localhost|\[::1\])(:\d+)?(/.*)?", re.IGNORECASE)
# Past the end, for the workflows that run then.
GRACE_S = 60
SPAWN_RATE = 100


@events.init.add_listener
def wait_for_what_runs(environment, **_):
    environment.stop_timeout = GRACE_S


@events.test_start.add_listener
def only_this_machine(environment, **_):
    host = environment.host or Client.host
    if not LOOPBACK.fullmatch(host) and os.environ.get("ALLOW_REMOTE") != "true":
        raise SystemExit(f"{host} is another machine: load goes to this one only, unless ALLOW_REMOTE=true")


@events.quitting.add_listener
def nothing_is_an_error(environment, **_):
    if environment.stats.total.num_requests == 0:
        print("no workflow was started")
        environment.process_exit_code = 1


def level(at, key):
    """The profile's level at a time: linear between the stages, or in steps."""
    stages = ARRIVALS["stages"]
    before = [stage for stage in stages if stage["atS"] <= at][-1]
    after = next((stage for stage in stages if stage["atS"] > at), None)
    if after is None or ARRIVALS.get("steps"):
        return before[key]
    share = (at - before["atS"]) / (after["atS"] - before["atS"])
    return before[key] + (after[key] - before[key]) * share


def recorded_times():
    """Seconds from the start, of a file beside the profile."""
    lines = (FILE.parent / ARRIVALS["file"]).read_text().splitlines()
    values = [float(text) for text in (re.sub("#.*", "", line).strip() for line in lines) if text]
    return sorted(at for at in values if at < DURATION_S)


def poisson_times():
    """Times of a Poisson process by thinning, as `npm run load` does."""
    greatest = max(stage["perSecond"] for stage in ARRIVALS["stages"])
    at = 0.0
    while greatest > 0:
        at += random.expovariate(greatest)
        if at >= DURATION_S:
            return
        if random.random() * greatest < level(at, "perSecond"):
            yield at


class Client(FastHttpUser):
    """One agent app; subclasses say what they play."""

    abstract = True
    host = "http://127.0.0.1:8080"
    # Workflows at a time: an open loop does not wait for a connection.
    concurrency = 1000
    connection_timeout = network_timeout = 300.0

    def play(self, workflow):
        scenario = workflow["scenario"]
        parameters = {key: value for key, value in workflow.items() if key != "scenario"}
        path = "/stream" if scenario == "stream" else "/run"
        query = parameters if scenario == "stream" else {"scenario": scenario, **parameters}
        text = "&".join(f"{key}={value}" for key, value in query.items())
        # A redirect would take the load to wherever the answer says.
        with self.client.get(
            f"{path}?{text}", name=scenario, catch_response=True, allow_redirects=False
        ) as response:
            # A stream that breaks off has said 200 already; its truth comes last.
            if response.status_code != 200 or '"truth"' not in (response.text or ""):
                response.failure(f"HTTP {response.status_code}: {(response.text or '')[-200:]}")

    def play_one_of_the_mix(self):
        weights = [entry["weight"] for entry in PROFILE["mix"]]
        self.play(random.choices([entry["workflow"] for entry in PROFILE["mix"]], weights)[0])


class Workflows(Client):
    """Closed loop: one workflow after the other."""

    abstract = not CLOSED

    @task
    def next(self):
        self.play_one_of_the_mix()


class Arrivals(Client):
    """Open loop: one user who starts workflows at their times, whatever runs."""

    abstract = CLOSED
    fixed_count = 1

    @task
    def all(self):
        times = recorded_times() if ARRIVALS["type"] == "timestamps" else poisson_times()
        running = []
        last = 0.0
        for at in times:
            gevent.sleep(at - last)
            last = at
            running.append(gevent.spawn(self.play_one_of_the_mix))
        gevent.joinall(running)
        raise StopUser()


class Streams(Client):
    """Held open all the time."""

    abstract = STREAMS["count"] == 0
    fixed_count = STREAMS["count"]

    @task
    def next(self):
        self.play(STREAMS["workflow"])


class Shape(LoadTestShape):
    """How many users there are, and when it ends."""

    def tick(self):
        at = self.get_run_time()
        if at >= DURATION_S:
            return None
        workflows = round(level(at, "workflows")) if CLOSED else 1
        return workflows + STREAMS["count"], SPAWN_RATE
