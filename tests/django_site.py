"""A Django project in one file, whose database is SITE_ENGINE and SITE_DATABASE."""

import os

import django
from django.conf import settings

port = os.environ.get("SITE_PORT", "")
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for tests",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {
            "ENGINE": os.environ["SITE_ENGINE"],
            "NAME": os.environ["SITE_DATABASE"],
            **({"HOST": "127.0.0.1", "PORT": port, "USER": "haechi"} if port else {}),
        }
    },
)
django.setup()

from django.db import DatabaseError, connection, models  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Author(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "books"


class Book(models.Model):
    title = models.TextField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE)

    class Meta:
        app_label = "books"


def fill(request):
    tables = connection.introspection.table_names()
    with connection.schema_editor() as editor:
        for model in (Book, Author):
            if model._meta.db_table in tables:
                editor.delete_model(model)
        for model in (Author, Book):
            editor.create_model(model)
    for number in range(12):
        author = Author.objects.create(name=f"author {number}")
        Book.objects.create(title=f"book {number}", author=author)
    return HttpResponse("filled")


def titles(books):
    texts = [f"{book.title} by {book.author.name}" for book in books.order_by("id")]  # planted
    return HttpResponse("; ".join(texts))


def one_by_one(request):
    return titles(Book.objects.all())


def at_once(request):
    return titles(Book.objects.select_related("author"))


def failing(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'hunter2' FROM nowhere")
    except DatabaseError as error:
        return HttpResponse(type(error).__name__)
    return HttpResponse("no error")


urlpatterns = [
    path("fill", fill),
    path("one-by-one", one_by_one),
    path("at-once", at_once),
    path("failing", failing),
]

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
