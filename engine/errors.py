"""The exception tree of the engines.

::

    EngineError
     ├── InvalidInput        a value, file or combination that cannot be used; a ValueError too
     ├── Infeasible          valid input for which no solution exists
     ├── ModelUnavailable    weights or a service that are not there
     └── StoreError          the metrics database cannot be opened, read or written

A message names the value, the limit and what to do. It is caught at the page, the runner and the
tool-call boundary and shown beside the control that caused it.
"""


class EngineError(Exception):
    """Anything an engine refuses; the message is written for the person at the screen."""


class InvalidInput(EngineError, ValueError):  # noqa: N818 - the agreed name
    """A value, a file or a combination of settings that cannot be used."""


class Infeasible(EngineError):  # noqa: N818 - the agreed name
    """Valid input for which no solution exists."""


class ModelUnavailable(EngineError):  # noqa: N818 - the agreed name
    """Weights or a service that are not there."""


class StoreError(EngineError):
    """The metrics database cannot be opened, read or written."""
