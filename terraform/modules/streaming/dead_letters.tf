# Per event a topic for what cannot be used, and a subscription that keeps it until somebody replays it: without one, a dead
# letter would vanish on the topic.
resource "google_pubsub_topic" "dead_letters" {
  for_each = var.events

  project                    = var.project
  name                       = "${each.key}_dead_letters"
  kms_key_name               = var.kms_key
  message_retention_duration = "${var.dead_letter_days * local.day}s"

  dynamic "message_storage_policy" {
    for_each = length(var.storage_regions) == 0 ? [] : [var.storage_regions]
    content {
      allowed_persistence_regions = message_storage_policy.value
      enforce_in_transit          = true
    }
  }
}

resource "google_pubsub_subscription" "dead_letters" {
  for_each = var.events

  project                      = var.project
  name                         = "${each.key}_dead_letters_hold"
  topic                        = "projects/${var.project}/topics/${google_pubsub_topic.dead_letters[each.key].name}"
  ack_deadline_seconds         = var.ack_deadline_seconds
  message_retention_duration   = "${var.dead_letter_days * local.day}s"
  enable_exactly_once_delivery = var.exactly_once.dead_letters

  expiration_policy {
    ttl = "" # never
  }
}

# Pub/Sub's own agent moves messages: it publishes to the dead-letter topic and acknowledges on the source.
resource "google_pubsub_topic_iam_member" "agent" {
  for_each = var.agent_grants ? var.events : {}

  project = var.project
  topic   = google_pubsub_topic.dead_letters[each.key].name
  role    = "roles/pubsub.publisher"
  member  = local.agent

  depends_on = [google_project_service_identity.agent]
}

resource "google_pubsub_subscription_iam_member" "agent" {
  for_each = var.agent_grants ? var.events : {}

  project      = var.project
  subscription = google_pubsub_subscription.bronze[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.agent

  depends_on = [google_project_service_identity.agent]
}

# Makes the agent where the project has never used Pub/Sub: a grant to an agent that is not there fails.
resource "google_project_service_identity" "agent" {
  count    = var.agent_grants ? 1 : 0
  provider = google-beta

  project = var.project
  service = "pubsub.googleapis.com"
}

locals {
  agent = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}
