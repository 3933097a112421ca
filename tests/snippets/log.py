from gluon import current


def index():
    current.logger.info("the index was asked for")

    return dict()
