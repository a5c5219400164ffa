"""The one error that a person sees."""


class UnsaidError(Exception):
    """Something the user can act on: what is wrong, and what to do next.

    The command line prints it as two lines (`error: message`, `hint: hint`) and exits with status 2.
    `message` names the file and, where there is one, the line.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def first_line(error: BaseException) -> str:
    """What a library's error says, in one line; its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
