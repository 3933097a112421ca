# the controller `telling` of the test site: prints and logs
import threading


def index():
    print("printed in a controller", request.args(0))
    current.logger.info("logged with %s", request.args(0), extra={"page": 7})
    return "ok"


def thread():
    def fail():
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    return "ok"
