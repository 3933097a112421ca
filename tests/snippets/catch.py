def index():
    try:
        pass
    except Exception as e:
        current.logger.error(f"it went wrong: {e!s}")
        return "Sorry, that did not work."

    return dict()
