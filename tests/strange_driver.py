"""A database driver that nobody knows, with the shape of sqlite3's: all tables have one row."""

paramstyle, PARSE_DECLTYPES = "qmark", 1


class OperationalError(Exception):
    pass


class Cursor:
    def __init__(self, connection):
        self.connection = connection
        self.lastrowid, self.description, self.rowcount = 1, [("a",)], -1

    def execute(self, command, *args):
        if "nowhere" in command:
            raise OperationalError("no such table: nowhere")
        return self

    def fetchall(self):
        return [(1,)]

    def fetchone(self):
        return (1,)

    def close(self):
        pass


class Connection:
    def __init__(self, path, **options):
        self.path = path

    def cursor(self):
        return Cursor(self)

    def create_function(self, *args, **kwargs):
        pass

    def commit(self):
        pass

    rollback = close = commit
