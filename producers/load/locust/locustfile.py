"""The load profiles of `npm run load`, run by locust.

    PROFILE=mix locust -f producers/load/locust/locustfile.py --headless --host http://127.0.0.1:8080

PROFILE names a file of ../profiles; DURATION_S stands in for the profile's. A user is a workflow that runs, so
`concurrent` is followed exactly; `poisson` by users that wait exponentially long between workflows that they start
without waiting for the one before; `timestamps` by one workflow at each time. Stops by itself; load goes to this machine
only unless ALLOW_REMOTE=true.
"""

import json
import os
import random
import re
from pathlib import Path

import gevent
from locust import FastHttpUser, LoadTestShape, events, task
from locust.exception import StopUser

PROFILES = Path(__file__).resolve().parent.parent / "profiles"
PROFILE = json.loads((PROFILES / f"{os.environ.get('PROFILE', 'mix')}.json").read_text())
DURATION_S = float(os.environ.get("DURATION_S", PROFILE["durationS"]))
ARRIVALS = PROFILE["arrivals"]
STREAMS = PROFILE.get("streams", {"count": 0})
LOOPBACK = re.compile(r"^https?://(127(\.\d+){3}|localhost|\[::1\])(:\d+)?(/|$)")
SPAWN_RATE = 100


@events.test_start.add_listener
def only_this_machine(environment, **_):
    if not LOOPBACK.match(environment.host or "") and os.environ.get("ALLOW_REMOTE") != "true":
        raise SystemExit(f"{environment.host} is another machine: load goes to this one only, unless ALLOW_REMOTE=true")


def level(at, key):
    """The profile's level at a time: linear between the stages, or in steps."""
    stages = ARRIVALS["stages"]
    before = [stage for stage in stages if stage["atS"] <= at][-1]
    after = next((stage for stage in stages if stage["atS"] > at), None)
    if after is None or ARRIVALS.get("steps"):
        return before[key]
    share = (at - before["atS"]) / (after["atS"] - before["atS"])
    return before[key] + (after[key] - before[key]) * share


def times():
    lines = (PROFILES / ARRIVALS["file"]).read_text().splitlines()
    values = [float(text) for text in (re.sub("#.*", "", line).strip() for line in lines) if text]
    return sorted(at for at in values if at < DURATION_S)


class Client(FastHttpUser):
    """One agent app; subclasses say what they play."""

    abstract = True
    # Workflows at a time: an open loop does not wait for a connection.
    concurrency = 1000
    network_timeout = 300.0

    def play(self, workflow):
        scenario = workflow["scenario"]
        parameters = {key: value for key, value in workflow.items() if key != "scenario"}
        path = "/stream" if scenario == "stream" else "/run"
        query = parameters if scenario == "stream" else {"scenario": scenario, **parameters}
        text = "&".join(f"{key}={value}" for key, value in query.items())
        with self.client.get(f"{path}?{text}", name=scenario, catch_response=True) as response:
            if response.status_code != 200 or '"traceId"' not in (response.text or ""):
                response.failure(f"HTTP {response.status_code}")

    def play_one_of_the_mix(self):
        weights = [entry["weight"] for entry in PROFILE["mix"]]
        self.play(random.choices([entry["workflow"] for entry in PROFILE["mix"]], weights)[0])


class Workflows(Client):
    """Closed loop: one workflow after the other."""

    abstract = ARRIVALS["type"] != "concurrent"

    @task
    def next(self):
        self.play_one_of_the_mix()


class Arrivals(Client):
    """Open loop: one user who starts workflows at their times, whatever runs."""

    abstract = ARRIVALS["type"] == "concurrent"
    fixed_count = 1

    @task
    def all(self):
        if ARRIVALS["type"] == "timestamps":
            gaps = [later - earlier for earlier, later in zip([0.0] + times(), times())]
        else:
            gaps = self.poisson()
        for gap in gaps:
            gevent.sleep(gap)
            gevent.spawn(self.play_one_of_the_mix)
        gevent.sleep(DURATION_S)
        raise StopUser()

    def poisson(self):
        """Gaps of a Poisson process by thinning, as `npm run load` does."""
        greatest = max(stage["perSecond"] for stage in ARRIVALS["stages"])
        at = last = 0.0
        while at < DURATION_S and greatest > 0:
            at += random.expovariate(greatest)
            if random.random() * greatest < level(at, "perSecond"):
                yield at - last
                last = at


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
        workflows = round(level(at, "workflows")) if ARRIVALS["type"] == "concurrent" else 1
        return workflows + STREAMS["count"], SPAWN_RATE
