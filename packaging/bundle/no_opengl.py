"""Runtime hook: empty QtOpenGL modules in place of 10 MB.

pyqtgraph imports them for widgets and items that draw with OpenGL, which we do not use.
"""

import sys
import types

sys.modules["PySide6.QtOpenGL"] = types.ModuleType("PySide6.QtOpenGL")
_widgets = types.ModuleType("PySide6.QtOpenGLWidgets")
# A class without instances: pyqtgraph asks whether a view is one of its objects.
vars(_widgets)["QOpenGLWidget"] = type("QOpenGLWidget", (), {})
sys.modules["PySide6.QtOpenGLWidgets"] = _widgets
