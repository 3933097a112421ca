"""A web2py app whose requests ask a database, for the tests of what requests spend time in."""

MODEL = """
from gluon.storage import Storage
db = DAL({uri!r}, pool_size={pool}, migrate_enabled={migrate})
db.define_table("author", Field("name"))
db.define_table("book", Field("title"), Field("author", "reference author"))
"""

CONTROLLER = """
import time

def fill():
    db(db.book).delete()
    db(db.author).delete()
    authors = [db.author.insert(name="author %d" % n) for n in range(12)]
    for n, author in enumerate(authors):
        db.book.insert(title="book %d" % n, author=author)
    return "filled"


def one_by_one():
    titles = []
    for book in db(db.book.id > 0).select(orderby=db.book.id):
        author = db(db.author.id == book.author).select().first()  # planted
        titles.append("%s by %s" % (book.title, author.name))
    return "; ".join(titles)


def at_once():
    rows = db(db.book.author == db.author.id).select(orderby=db.book.id)
    return "; ".join("%s by %s" % (row.book.title, row.author.name) for row in rows)


def failing():
    try:
        db.executesql("SELECT secret FROM nowhere WHERE password = 'hunter2'")  # fails
    except Exception as error:
        db.rollback()
        return type(error).__name__
    return "no error"


def seen():
    books = db(db.book.id > 0).select(orderby=db.book.id)
    return dict(books=books)


def nested():
    return dict()


def piece():
    return "a piece of %d" % db(db.book).count()


def hold():
    session.visits = (session.visits or 0) + 1
    time.sleep(float(request.vars.seconds or 0))
    return str(session.visits)


def collected():
    import gc
    gc.disable()
    try:
        heap = [[n] for n in range(400000)]
        for n in range(len(heap)):
            heap[n].append(heap[n - 1])
        gc.collect()  # planted
    finally:
        gc.enable()
    return "collected"


def cached():
    return str(cache.ram("answer", lambda: slow_answer(), 60))


def slow_answer():
    time.sleep(0.05)
    return 42


def five():
    for n in range(5):
        db.executesql("SELECT title FROM book WHERE id = %d" % n)
    return "ok"


def closed():
    before = db._adapter.connection
    before.close()
    try:
        db.executesql("SELECT 1")
    except Exception as error:
        return type(error).__name__ + ": " + str(error).strip()
    finally:
        db._adapter.set_connection(None)
    return "no error"
"""

SEEN = """{{for book in books:}}
<p>{{=book.title}} by {{=book.author.name}}</p>
{{pass}}
"""
NESTED = "<div>{{=LOAD('default', 'piece', ajax=False)}}</div>"


def add_books(site, name, uri, pool=0):
    """Adds the app `name`, whose database is `uri`, to a site of the tests."""
    from web2py_site import add_app

    folder = add_app(site.root, name)
    (folder / "models" / "db.py").write_text(MODEL.format(uri=uri, pool=pool, migrate=True))
    (folder / "controllers" / "default.py").write_text(CONTROLLER)
    (folder / "views" / "default").mkdir()
    (folder / "views" / "default" / "seen.html").write_text(SEEN)
    (folder / "views" / "default" / "nested.html").write_text(NESTED)
