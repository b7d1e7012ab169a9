# APScheduler 3 under the same load as jobs-load.ts: each job once a minute, spread over its 60 seconds.
# python3 jobs-apscheduler.py <jobs> <seconds>; prints JSON. Needs Debian's python3-apscheduler.
import json, logging, math, resource, sys, time
from datetime import datetime, timezone
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

jobs, seconds = int(sys.argv[1]), float(sys.argv[2])
lateness, window = [], [float("inf"), float("inf")]


def fire(second):
    now = time.time()
    late = (now - second) % 60
    if window[0] <= now - late < window[1]:
        lateness.append(late * 1000)


# It warns of each firing that it misses.
logging.disable(logging.CRITICAL)
scheduler = BackgroundScheduler(timezone=timezone.utc)
started = time.time()
for at in range(jobs):
    scheduler.add_job(fire, CronTrigger(second=at % 60, timezone=timezone.utc), args=[at % 60], id="job_%d" % at)
scheduler.start()
registered = time.time() - started
begin = math.ceil(time.time()) + 1
window[:] = [begin, begin + seconds]
time.sleep(begin - time.time())
before = time.process_time()
time.sleep(begin + seconds - time.time())
cpu = time.process_time() - before
# The last ones may be late.
time.sleep(3)
fired, lost = sorted(lateness), jobs * seconds / 60 - len(lateness)
stopping = time.time()
scheduler.shutdown(wait=False)
at = lambda share: fired[int(len(fired) * share)] if fired else None
print(json.dumps({
    "registered": registered * 1000,
    "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "fired": len(fired),
    "missed": lost,
    "lateness": [at(0.5), at(0.99), fired[-1] if fired else None],
    "cpu": cpu / seconds,
    "stopped": (time.time() - stopping) * 1000,
}), flush=True)
import os
os._exit(0)
