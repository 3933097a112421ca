def index():
    if request.is_local:
        request.statistics = True

    return dict()


def stats():
    if request.is_local:
        return request.statistics
    else:
        raise HTTP(403)
