"""Everything this package raises on purpose.

```text
FacewrightError              has a message and, where there is one, a hint
├── InputError               an option or argument that is invalid
│   ├── OptionError          one of a form, by its name
│   └── FileError            a file that is missing, damaged or of the wrong kind
│       ├── BrokenClipError  a clip that breaks off or is damaged, and was read as far as it goes
│       └── DatasetError     a dataset with at least one file that cannot be used
├── WeightsError             weights that are unknown, damaged, or do not fit
├── DownloadError            weights that could not be fetched
└── TrainingError            a training run that cannot start, resume or go on
```
"""


class FacewrightError(Exception):
    """The root of everything raised on purpose.

    Attributes:
        hint: What to do about it, or an empty string.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(FacewrightError):
    """An option or argument that is invalid."""


class OptionError(InputError):
    """An option or input of a form that is invalid.

    Attributes:
        field: Its name.
    """

    def __init__(self, message: str, field: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class FileError(InputError):
    """A file that is missing, damaged or of the wrong kind."""


class BrokenClipError(FileError):
    """A clip that breaks off or is damaged; what is there was read, and written where wanted."""


class DatasetError(FileError):
    """A dataset with at least one file that cannot be used."""


class WeightsError(FacewrightError):
    """Weights that are unknown, damaged, or do not fit."""


class DownloadError(FacewrightError):
    """Weights that could not be fetched."""


class TrainingError(FacewrightError):
    """A training run that cannot start, resume or go on."""
