"""Every command and event that crosses the process line.

A frame is a header (one of these structs, msgpack) and a raw payload. Commands carry ``id``;
exactly one `Reply` or `Failed` answers each, with ``re`` equal to that id. Events of a job carry
``job``. `Snapshot` comes first, then increments. Lifecycle events are never dropped; `Record`s
are: the newest wins, against credits that the viewer returns as it draws.
"""

from pushforward.studio.protocol.commands import (
    FILE_PIECE,
    GENERATE,
    VIEW_SHARE,
    AddRun,
    ApplyEdit,
    Attach,
    BranchRun,
    Budget,
    CheckRuns,
    Control,
    Credit,
    Evaluate,
    ExportRows,
    ExportWeights,
    GetAble,
    GetCatalog,
    GetNearest,
    GetRows,
    GetTarget,
    GiveUp,
    HashFile,
    ImportData,
    InspectData,
    ListFiles,
    MakeData,
    MoveJob,
    Operate,
    Ping,
    PreviewData,
    QueryLayer,
    ReadFile,
    ResumeRace,
    ResumeTraining,
    SetSpeed,
    ShareFlow,
    Shutdown,
    StartRace,
    StartTraining,
    TrainRun,
    Validate,
    WalkStep,
    Watch,
    WriteFile,
    WriteReport,
)
from pushforward.studio.protocol.events import (
    CatalogEvent,
    CheckpointWritten,
    Edited,
    Failed,
    Hello,
    JobChanged,
    Kept,
    Log,
    Metrics,
    Pong,
    Progress,
    Ready,
    Record,
    Reply,
    ResultWritten,
    Snapshot,
    StageDone,
)
from pushforward.studio.protocol.parts import Array, ErrorInfo, JobInfo, PhaseInfo

__all__ = [
    "FILE_PIECE",
    "GENERATE",
    "PROTOCOL",
    "VIEW_SHARE",
    "AddRun",
    "ApplyEdit",
    "Array",
    "Attach",
    "BranchRun",
    "Budget",
    "CatalogEvent",
    "CheckRuns",
    "CheckpointWritten",
    "Command",
    "Control",
    "Credit",
    "Edited",
    "ErrorInfo",
    "Evaluate",
    "Event",
    "ExportRows",
    "ExportWeights",
    "Failed",
    "GetAble",
    "GetCatalog",
    "GetNearest",
    "GetRows",
    "GetTarget",
    "GiveUp",
    "HashFile",
    "Hello",
    "ImportData",
    "InspectData",
    "JobChanged",
    "JobInfo",
    "Kept",
    "ListFiles",
    "Log",
    "MakeData",
    "Metrics",
    "MoveJob",
    "Operate",
    "PhaseInfo",
    "Ping",
    "Pong",
    "PreviewData",
    "Progress",
    "QueryLayer",
    "ReadFile",
    "Ready",
    "Record",
    "Reply",
    "ResultWritten",
    "ResumeRace",
    "ResumeTraining",
    "SetSpeed",
    "ShareFlow",
    "Shutdown",
    "Snapshot",
    "StageDone",
    "StartRace",
    "StartTraining",
    "TrainRun",
    "Validate",
    "WalkStep",
    "Watch",
    "WriteFile",
    "WriteReport",
]

PROTOCOL = 3

Command = (
    GetCatalog
    | Validate
    | WalkStep
    | PreviewData
    | GetRows
    | GetTarget
    | GetNearest
    | GetAble
    | InspectData
    | GiveUp
    | ImportData
    | MakeData
    | StartTraining
    | StartRace
    | ResumeRace
    | ResumeTraining
    | BranchRun
    | ApplyEdit
    | Control
    | SetSpeed
    | MoveJob
    | Watch
    | WriteReport
    | Credit
    | QueryLayer
    | Operate
    | Evaluate
    | ExportRows
    | ExportWeights
    | ListFiles
    | ReadFile
    | HashFile
    | WriteFile
    | AddRun
    | TrainRun
    | CheckRuns
    | Attach
    | Ping
    | ShareFlow
    | Shutdown
)
Event = (
    Hello
    | Ready
    | CatalogEvent
    | Snapshot
    | Reply
    | Failed
    | JobChanged
    | Progress
    | Metrics
    | Record
    | Kept
    | Edited
    | StageDone
    | CheckpointWritten
    | ResultWritten
    | Log
    | Pong
)
