"""Who is signed in to a web2py app: `session.auth.user.id`, read without running the app's code."""

NONE = {}


def user_of(session):
    """Returns the id of the signed-in user, or None."""
    auth = dict.get(session, "auth") if isinstance(session, dict) else None
    if not isinstance(auth, dict):
        return None
    user = dict.get(auth, "user")
    if isinstance(user, dict):
        return dict.get(user, "id")
    # a pydal Row keeps its columns there
    fields = getattr(user, "__dict__", NONE)
    return fields.get("id") if type(fields) is dict else None


def note_user(request, session):
    """Says who is signed in to a watched request; never raises."""
    try:
        user = user_of(session)
        if user is not None:
            request.set_user(user)
    except Exception:
        pass  # whatever an app has put into its session, its request goes on
