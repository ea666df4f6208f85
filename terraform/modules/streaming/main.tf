# Per event a schema, a topic and the subscription that events_to_bronze reads. Names: contracts/names.py. References are full
# names and not ids, which no plan could show before they are there.
locals {
  day       = 24 * 60 * 60
  retention = "${var.retention_days * local.day}s"
}

resource "google_pubsub_schema" "event" {
  for_each = var.events

  project    = var.project
  name       = each.key
  type       = "AVRO"
  definition = var.avro_schemas[each.key]
}

# With `enforcement: topic` Pub/Sub refuses what does not fit; otherwise the pipeline judges, and keeps what it refuses.
resource "google_pubsub_topic" "event" {
  for_each = var.events

  project                    = var.project
  name                       = each.key
  kms_key_name               = var.kms_key
  message_retention_duration = local.retention

  dynamic "schema_settings" {
    for_each = each.value.enforcement == "topic" ? ["projects/${var.project}/schemas/${google_pubsub_schema.event[each.key].name}"] : []
    content {
      schema   = schema_settings.value
      encoding = "JSON"
    }
  }

  dynamic "message_storage_policy" {
    for_each = length(var.storage_regions) == 0 ? [] : [var.storage_regions]
    content {
      allowed_persistence_regions = message_storage_policy.value
      enforce_in_transit          = true
    }
  }
}

resource "google_pubsub_subscription" "bronze" {
  for_each = var.events

  project                      = var.project
  name                         = "${each.key}_bronze"
  topic                        = "projects/${var.project}/topics/${google_pubsub_topic.event[each.key].name}"
  ack_deadline_seconds         = var.ack_deadline_seconds
  message_retention_duration   = local.retention
  retain_acked_messages        = var.retain_acknowledged
  enable_exactly_once_delivery = var.exactly_once.events

  expiration_policy {
    ttl = "" # never
  }

  dead_letter_policy {
    dead_letter_topic     = "projects/${var.project}/topics/${google_pubsub_topic.dead_letters[each.key].name}"
    max_delivery_attempts = var.delivery_attempts
  }

  dynamic "retry_policy" {
    for_each = var.retry == null ? [] : [var.retry]
    content {
      minimum_backoff = "${retry_policy.value.minimum}s"
      maximum_backoff = "${retry_policy.value.maximum}s"
    }
  }
}
