"""Exceptions of web2py's scheduler, cron jobs, shell runs and threads: no request, no ticket."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import gluon
import pytest
from servers import clean_environment
from serving import Serving
from waiting import until

TASKS = """
from gluon.scheduler import Scheduler

db = DAL("sqlite://storage.sqlite")


class NoCover(Exception):
    pass


def pay(amount, password="hunter2"):
    raise NoCover("no cover for %s won" % amount)


def fails(amount):
    pay(amount)


def works():
    return "done"


scheduler = Scheduler(db, dict(fails=fails, works=works), heartbeat=1)
"""
QUEUE = """
for name, values in (("fails", '{"amount": 5}'), ("works", "{}")):
    db.scheduler_task.insert(
        application_name="your_app", function_name=name, task_name=name, vars=values, timeout=30
    )
db.commit()
"""
CONTROLLER = """
def broken():
    current.logger.info("about to fail")
    {}["card"]
"""
SCRIPTS = {
    "raises": "pay(6)\n",
    "handles": 'try:\n    pay(7)\nexcept Exception:\n    current.logger.exception("no luck")\n',
    "leaves": "import sys\nsys.exit(3)\n",
    "threads": (
        "import threading\n"
        "thread = threading.Thread(target=pay, args=(8,))\nthread.start()\nthread.join()\n"
    ),
}


@pytest.fixture(scope="module")
def shop(module_site):
    """A site whose app has tasks, and web2py's own starter, which PyPI puts elsewhere."""
    starter = Path(gluon.__file__).parent.parent / "web2py.py"
    shutil.copy(starter, module_site.root)
    (module_site.app("your_app") / "models" / "tasks.py").write_text(TASKS)
    module_site.controller("your_app", "jobs", CONTROLLER)
    for name, text in {**SCRIPTS, "enqueue": QUEUE}.items():
        (module_site.root / f"{name}_job.py").write_text(text)
    return module_site


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data") / "data"


@pytest.fixture(scope="module")
def haechi(haechi_binary, data, tmp_path_factory):
    serving = Serving(haechi_binary, data, tmp_path_factory.mktemp("serve"))
    serving.start()
    yield serving
    serving.stop()


def command(haechi_binary, data, *arguments):
    run = [str(haechi_binary), "run", "--no-server", "--data", str(data), "--"]
    return [*run, sys.executable, "web2py.py", *arguments]


@pytest.fixture(scope="module")
def web2py(haechi_binary, data, shop):
    """Runs web2py's starter to its end below `haechi run`."""

    def run(*arguments):
        return subprocess.run(
            command(haechi_binary, data, *arguments),
            cwd=shop.root,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def events(haechi, message):
    """The latest event of each issue with this message; waits for none."""
    answer = haechi.get("/api/issues?state=all&limit=1000")
    issues = json.loads(answer.body)["issues"] if answer.status == 200 else []
    found = [issue for issue in issues if issue["message"] == message]
    return [(haechi.ask(f"/api/issues/{i['id']}")["latest"], i["events"]) for i in found]


def the_event(haechi, message):
    """Waits for the one event with this message."""
    found = until(lambda: events(haechi, message), what=f"an event {message!r}")
    assert [count for _, count in found] == [1]
    return found[0][0]


def own(event):
    return [frame["function"] for frame in event["causes"][0]["frames"] if frame["in_app"]]


def test_a_failing_task_of_the_scheduler_is_captured_in_its_app(
    haechi, haechi_binary, data, shop, web2py
):
    queued = web2py("-S", "your_app", "-M", "-R", "enqueue_job.py")
    assert queued.returncode == 0 and "enqueue_job" not in queued.stdout, queued.stdout
    with open(shop.root / "worker.txt", "wb") as out:
        worker = subprocess.Popen(
            command(haechi_binary, data, "-K", "your_app"),
            cwd=shop.root,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        event = the_event(haechi, "no cover for 5 won")
    finally:
        # web2py's worker may swallow the exception by which a polite signal ends it
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(30)
    assert (event["app"], event["type"], event["mechanism"]) == ("your_app", "NoCover", "task")
    assert own(event) == ["fails", "pay"]
    assert event["request_id"] is None and event["ticket"] is None
    assert "hunter2" not in str(event)


def test_a_script_that_raises_in_the_shell_is_captured_though_the_shell_goes_on(haechi, web2py):
    ended = web2py("-S", "your_app", "-M", "-R", "raises_job.py")
    assert ended.returncode == 0 and "no cover for 6 won" in ended.stdout
    event = the_event(haechi, "no cover for 6 won")
    assert (event["app"], event["mechanism"]) == ("your_app", "program")
    assert own(event) == ["<module>", "pay"]


def test_an_action_that_cron_runs_is_captured_when_it_ends_the_program(haechi, web2py):
    ended = web2py("-S", "your_app/jobs/broken", "-M")
    assert ended.returncode != 0 and "KeyError: 'card'" in ended.stderr
    event = the_event(haechi, "'card'")
    assert (event["app"], event["mechanism"]) == ("your_app", "program")
    assert own(event)[-1] == "broken"


def test_what_a_script_handles_and_logs_is_captured_once(haechi, web2py):
    web2py("-S", "your_app", "-M", "-R", "handles_job.py")
    event = the_event(haechi, "no cover for 7 won")
    assert (event["app"], event["mechanism"]) == ("your_app", "logged")


def test_a_thread_that_an_app_started_in_a_script_is_captured(haechi, web2py):
    ended = web2py("-S", "your_app", "-M", "-R", "threads_job.py")
    assert "no cover for 8 won" in ended.stderr
    event = the_event(haechi, "no cover for 8 won")
    assert (event["mechanism"], own(event)[-1]) == ("thread", "pay")


def test_a_script_that_ends_the_program_on_purpose_is_no_exception(haechi, web2py):
    assert web2py("-S", "your_app", "-M", "-R", "leaves_job.py").returncode == 3
    web2py("-S", "your_app", "-M", "-R", "handles_job.py")  # a later one is there
    until(lambda: events(haechi, "no cover for 7 won")[0][1] == 2, what="the later one")
    issues = haechi.ask("/api/issues?state=all&limit=1000")["issues"]
    assert not [issue for issue in issues if issue["type"] == "SystemExit"]
