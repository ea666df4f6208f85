"""The columns of the tables in the ops dataset, which every room writes in one form."""

from contracts.bronze import BronzeColumn

DEAD_LETTERS = "dead_letters"
DEAD_LETTERS_PARTITION = "dead_lettered_at"  # by day
REPLAY = "replay-"  # how the batch ids of rows begin that were dead letters before

DEAD_LETTER_COLUMNS = (
    BronzeColumn("dead_letter_id", "STRING", "REQUIRED"),  # the same letter always has the same id
    BronzeColumn("source", "STRING", "REQUIRED"),
    BronzeColumn("object", "STRING", "REQUIRED"),  # table or event
    BronzeColumn("reason", "STRING", "REQUIRED"),  # code: invalid_json, missing_required, wrong_type, ...
    BronzeColumn("detail", "STRING", "NULLABLE"),  # where in the payload, and what to do
    BronzeColumn("payload", "BYTES", "NULLABLE"),  # the original bytes
    BronzeColumn("attributes", "STRING", "NULLABLE"),  # JSON object
    BronzeColumn("origin", "STRING", "REQUIRED"),  # topic and message id, or gs:// file
    BronzeColumn("published_at", "TIMESTAMP", "NULLABLE"),
    BronzeColumn("dead_lettered_at", "TIMESTAMP", "REQUIRED"),
    BronzeColumn("_batch_id", "STRING", "REQUIRED"),
)

# An event's raw messages as they were delivered, good and bad, one Parquet file a batch; by ingestion_date.
ARCHIVE_COLUMNS = (
    BronzeColumn("message_id", "STRING", "NULLABLE"),
    BronzeColumn("publish_time", "TIMESTAMP", "NULLABLE"),
    BronzeColumn("attributes", "STRING", "NULLABLE"),  # JSON object
    BronzeColumn("data", "BYTES", "NULLABLE"),
)
