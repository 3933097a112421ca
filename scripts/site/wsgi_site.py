"""The WSGI application of a web2py site that stands in this file's folder."""

import os
import sys

root = os.path.dirname(os.path.abspath(__file__))
os.chdir(root)
os.environ["web2py_path"] = root
sys.path.insert(0, root)

from gluon.settings import global_settings

# as under Apache: no message boxes, no locale, no server of web2py's own
global_settings.web2py_runtime_handler = True

import gluon.main

application = gluon.main.wsgibase
