"""A Django project whose database driver nobody knows."""

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for tests",
    DATABASES={"default": {"ENGINE": "strange_backend", "NAME": "nowhere"}},
)
django.setup()

from django.db import DatabaseError, connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


def repeated(request):
    with connection.cursor() as cursor:
        for number in range(6):
            cursor.execute("SELECT name FROM item WHERE id = %s", [number])  # planted
        return HttpResponse(str(cursor.fetchall()))


def failing(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'hunter2' FROM nowhere")
    except DatabaseError as error:
        return HttpResponse(type(error).__name__)
    return HttpResponse("no error")


urlpatterns = [path("repeated", repeated), path("failing", failing)]

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
