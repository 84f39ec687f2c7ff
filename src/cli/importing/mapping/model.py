"""The form of a map, as its TOML file is written."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_SHAPE = ConfigDict(frozen=True, extra="forbid")
_SOURCES = ("column", "columns", "value", "sum", "largest", "earliest", "latest", "key", "index")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


Names = Annotated[list[str], BeforeValidator(_listed)]
"""One name, or a list of them."""
OnZero = Literal["keep", "skip", "refuse"]
OnNegative = Literal["keep", "absolute", "skip", "refuse"]


class Condition(BaseModel):
    """A condition on a cell. All that is named must be true."""

    model_config = _SHAPE
    column: str
    is_: Annotated[list[str] | None, BeforeValidator(_listed)] = Field(None, alias="is")
    """The cell has one of these texts; case makes no difference."""
    not_: Annotated[list[str] | None, BeforeValidator(_listed)] = Field(None, alias="not")
    """The cell has none of these texts."""
    matches: str | None = None
    """A regular expression finds something in the cell."""
    filled: bool | None = None
    sign: Literal["positive", "negative", "zero"] | None = None


Conditions = Annotated[list[Condition], BeforeValidator(_listed)]


class ValueSpec(BaseModel):
    """Where the value of a field comes from, and how it is read."""

    model_config = _SHAPE
    column: str | None = None
    columns: list[str] | None = None
    """Several columns, whose texts are joined."""
    join: str = " "
    value: Any = None
    """The same in every row."""
    sum: str | None = None
    """The sum of the amounts at a path."""
    only: Literal["positive", "negative"] | None = None
    """Which of the amounts of a sum are added."""
    peak_on: str | None = None
    """The column of the day: instead of the sum, the highest of the sums by the end of each day is taken."""
    largest: list["ValueSpec"] | None = None
    """The largest of several amounts."""
    earliest: Names | None = None
    latest: Names | None = None
    """The first, or the last, of the days at these columns."""
    key: bool = False
    """What names the row."""
    index: bool = False
    """The number of the part in its row, from 1."""
    default: Any = None
    """What an empty cell stands for."""
    words: dict[str, Any] | None = None
    """What a text stands for; any other text is a fault."""
    find: str | None = None
    """A regular expression: its first group, or all that it finds, is read."""
    matching: str | None = None
    """A regular expression: only cells in which it finds something are read, and of them its first group, or
    all that it finds. If there is none the value is empty."""
    split: str | None = None
    """The mark between the members of a list."""
    prefix: str = ""
    currency: str | None = None
    """The currency of the amount."""
    currency_column: Names | None = None
    """The columns of the currency; the first that is filled counts."""
    zero: OnZero | None = None
    negative: OnNegative | None = None
    partial: Literal["first", "last", "refuse"] | None = None
    longest: int | None = None
    """A longer text is cut, and the cut is counted."""

    @model_validator(mode="after")
    def _one_source(self) -> "ValueSpec":
        named = [name for name in _SOURCES if getattr(self, name) not in (None, False)]
        if len(named) != 1:
            raise ValueError(f"name one of {', '.join(_SOURCES)}; it names {', '.join(named) or 'none'}")
        return self


def is_spec(value: object) -> bool:
    """Return whether a table of TOML says where a value comes from; otherwise it is the value itself."""
    return isinstance(value, dict) and not value.keys().isdisjoint(_SOURCES)


class Import(BaseModel):
    """What is imported, and how it is judged."""

    model_config = _SHAPE
    source: str = Field(min_length=1, max_length=200)
    """The name of the source, which every entry keeps."""
    mode: Literal["live", "history"]
    """``live``: judged by all rules. ``history``: judged by arithmetic alone."""
    key: Names = []
    """The columns that name a row; without them all columns do."""
    duplicates: Literal["refuse", "skip", "number"] = "refuse"
    """What becomes of a row whose key stood before: equal rows are skipped; others are refused, skipped as
    well, or numbered."""
    actor: str | None = None
    """The officer whose acts they are, if a step names none."""


class File(BaseModel):
    """How the file is read."""

    model_config = _SHAPE
    sheet: str | None = None
    header: int | None = Field(None, ge=1)
    encoding: str | None = None
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    rows: str | None = None
    """Of XML the name of the elements that are rows, of JSON the name of the list."""
    optional: Names = []
    """Columns that may be missing from a table."""
    leave_out: Conditions = []
    """Rows for which one of these conditions is true are left out."""


class Dates(BaseModel):
    """How days are written, beside ``YYYY-MM-DD``."""

    model_config = _SHAPE
    formats: Names = []
    """For example ``DD.MM.YYYY``, ``D/M/YY``, ``D MONTH YYYY``. The first by which there is such a
    day counts."""
    serial: bool = False
    """Whether a number is a spreadsheet's number of a day."""
    partial: Literal["first", "last", "refuse"] = "refuse"
    """Which day a month or a year stands for."""


class Amounts(BaseModel):
    """How amounts are written."""

    model_config = _SHAPE
    currency: str | None = None
    thousands: str | None = Field(None, min_length=1, max_length=1)
    decimal: str = Field(".", min_length=1, max_length=1)
    rounding: Literal["refuse", "half_even", "half_up", "down"] = "refuse"
    zero: OnZero = "refuse"
    negative: OnNegative = "refuse"
    rates: dict[str, str | int | float] = {}
    """What one unit of a currency is worth in the fund's; amounts in it are converted."""


class Countries(BaseModel):
    """Which country a name stands for."""

    model_config = _SHAPE
    names: dict[str, str] = {}
    unknown: str | None = None
    """The code for a name that is not known; without it such a name is a fault."""


class Windows(BaseModel):
    """Which window a text stands for."""

    model_config = _SHAPE
    names: dict[str, str] = {}
    patterns: list[tuple[str, str]] = []
    """Regular expressions, each with its window. The first that finds something counts."""
    default: str | None = None


class Officers(BaseModel):
    """Which officer a name stands for."""

    model_config = _SHAPE
    names: dict[str, str] = {}
    default: str | None = None


class Step(BaseModel):
    """A command that a row becomes."""

    model_config = _SHAPE
    command: str
    when: Conditions = []
    once: bool = False
    """Whether only the first row of each grant becomes it."""
    each: str | None = None
    """The path of the parts of the row, each of which becomes the command."""
    fields: dict[str, Any]


class Reconcile(BaseModel):
    """Sums that must come out, or nothing is recorded."""

    model_config = _SHAPE
    sum: str
    """What is summed: approved, disbursed and so on, or ``commands`` for their number."""
    by: Literal["all", "year", "window", "grant"] = "all"
    expected: str | int | float | dict[str, str | int | float]


class Map(BaseModel):
    """A whole map."""

    model_config = _SHAPE
    import_: Import = Field(alias="import")
    file: File = File()
    dates: Dates = Dates()
    amounts: Amounts = Amounts()
    countries: Countries = Countries()
    windows: Windows = Windows()
    officers: Officers = Officers()
    step: list[Step] = Field(min_length=1)
    reconcile: list[Reconcile] = []
