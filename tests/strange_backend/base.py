"""A Django backend over a driver that nobody knows; its errors are Django's, as in any backend."""

import strange_driver
from django.db.backends.sqlite3 import base


class Driver:
    """The driver's module as Django wants it: with all of PEP 249's errors."""

    __name__ = "strange_driver"
    OperationalError = strange_driver.OperationalError

    def __getattr__(self, name):
        if name.endswith("Error"):
            return type(name, (strange_driver.OperationalError,), {})
        raise AttributeError(name)


class DatabaseWrapper(base.DatabaseWrapper):
    Database = Driver()

    def get_new_connection(self, parameters):
        return strange_driver.Connection("nowhere")

    def create_cursor(self, name=None):
        return self.connection.cursor()

    def init_connection_state(self):
        pass

    def _set_autocommit(self, autocommit):
        pass
