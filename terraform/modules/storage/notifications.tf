# Each new landing file as a message.
locals {
  announced = var.notifications ? { landing = google_storage_bucket.this["landing"].name } : {}
}

data "google_storage_project_service_account" "agent" {
  count = var.notifications ? 1 : 0

  project = var.project
}

resource "google_pubsub_topic" "objects" {
  for_each = local.announced

  project                    = var.project
  name                       = "${each.key}_objects"
  kms_key_name               = var.notification_key
  message_retention_duration = "604800s"
}

resource "google_pubsub_topic_iam_member" "agent" {
  for_each = local.announced

  project = var.project
  topic   = google_pubsub_topic.objects[each.key].name
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.agent[0].member
}

resource "google_storage_notification" "objects" {
  for_each = local.announced

  bucket         = each.value
  topic          = google_pubsub_topic.objects[each.key].id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  depends_on = [google_pubsub_topic_iam_member.agent]
}
