# Tables with rows of their own: events, by the day of their ingestion and within it by what identifies them; dead letters.
#
# There are no table constraints: BigQuery believes a primary key without checking it, and bronze keeps an event as often as
# it was published.
locals {
  day         = 24 * 60 * 60 * 1000
  clusterable = ["INT64", "STRING", "BOOL", "DATE", "DATETIME", "TIMESTAMP", "NUMERIC", "BIGNUMERIC"]

  # The contract's word counts, whatever the environment says.
  event_days = { for id, event in var.events : id => event.retention_days != null ? event.retention_days : var.event_days }

  clustering = {
    for id, event in var.events : id => [
      for key in event.primary_key : key if contains(local.clusterable, one([for column in event.bronze_columns : column.type if column.name == key]))
    ]
  }
}

resource "google_bigquery_table" "event" {
  for_each = var.events

  project                  = var.project
  dataset_id               = google_bigquery_dataset.layer["bronze"].dataset_id
  table_id                 = each.key
  description              = each.value.description
  schema                   = jsonencode(local.fields[each.key])
  clustering               = length(local.clustering[each.key]) == 0 ? null : slice(local.clustering[each.key], 0, min(4, length(local.clustering[each.key])))
  require_partition_filter = var.require_partition_filter
  deletion_protection      = var.deletion_protection

  time_partitioning {
    type          = "DAY"
    field         = "_ingested_at"
    expiration_ms = local.event_days[each.key] == null ? null : local.event_days[each.key] * local.day
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      kms_key_name = encryption_configuration.value
    }
  }
}

# What could not be used, with the reason, the original bytes and what is needed to replay it.
resource "google_bigquery_table" "dead_letters" {
  project             = var.project
  dataset_id          = google_bigquery_dataset.layer["ops"].dataset_id
  table_id            = "dead_letters"
  schema              = jsonencode(local.dead_letter_fields)
  clustering          = ["source", "object", "reason"]
  deletion_protection = var.deletion_protection

  time_partitioning {
    type          = "DAY"
    field         = "dead_lettered_at"
    expiration_ms = var.dead_letter_days == null ? null : var.dead_letter_days * local.day
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key == null ? [] : [var.kms_key]
    content {
      kms_key_name = encryption_configuration.value
    }
  }
}

# What an operator asks first: the dead letters of one source since a moment, readable.
resource "google_bigquery_routine" "dead_letters_since" {
  project      = var.project
  dataset_id   = google_bigquery_dataset.layer["ops"].dataset_id
  routine_id   = "dead_letters_since"
  routine_type = "TABLE_VALUED_FUNCTION"
  language     = "SQL"
  description  = "select * from ${var.datasets.ops}.dead_letters_since('saas', timestamp '2026-01-31 00:00:00+00')"
  definition_body = trimspace(<<-EOT
    select dead_lettered_at, object, reason, detail, safe_convert_bytes_to_string(payload) as payload, origin, dead_letter_id
    from `${var.project}.${var.datasets.ops}.${google_bigquery_table.dead_letters.table_id}`
    where source = of_source and dead_lettered_at >= since
  EOT
  )

  arguments {
    name      = "of_source"
    data_type = jsonencode({ typeKind = "STRING" })
  }
  arguments {
    name      = "since"
    data_type = jsonencode({ typeKind = "TIMESTAMP" })
  }
}
