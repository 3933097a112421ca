"""A Flask app with SQLAlchemy, whose database is DATABASE: /flask-… asks it in different ways."""

import os

from flask import Flask
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

app = application = Flask("books")
engine = create_engine(os.environ["DATABASE"])


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()


@app.get("/fill")
def fill():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for number in range(12):
            author = Author(name=f"author {number}")
            session.add(Book(title=f"book {number}", author=author))
        session.commit()
    return "filled"


def titles(query):
    with Session(engine) as session:
        books = session.scalars(query.order_by(Book.id)).all()
        return "; ".join(f"{book.title} by {book.author.name}" for book in books)  # planted


@app.get("/one-by-one")
def one_by_one():
    return titles(select(Book))


@app.get("/at-once")
def at_once():
    return titles(select(Book).options(joinedload(Book.author)))


@app.get("/failing")
def failing():
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 'hunter2' FROM nowhere"))
    except DBAPIError as error:
        return type(error).__name__
    return "no error"
