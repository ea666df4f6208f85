mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project        = "my-data-test"
  project_number = "123456789"
  events = {
    shop_clicks = { source = "shop", name = "clicks", enforcement = "topic" }
    shop_views  = { source = "shop", name = "views", enforcement = "pipeline" }
  }
  avro_schemas = { shop_clicks = "{}", shop_views = "{}" }
}

run "every_event_has_its_dead_letters" {
  assert {
    condition = alltrue([
      for id, subscription in google_pubsub_subscription.bronze :
      subscription.dead_letter_policy[0].dead_letter_topic == "projects/my-data-test/topics/${google_pubsub_topic.dead_letters[id].name}"
    ])
    error_message = "A subscription's dead letters go to its own topic."
  }
  assert {
    condition     = toset(keys(google_pubsub_subscription.dead_letters)) == toset(keys(var.events))
    error_message = "Somebody keeps the dead letters of each event."
  }
  assert {
    condition = alltrue([
      for id in keys(var.events) :
      google_pubsub_topic_iam_member.agent[id].member == "serviceAccount:service-123456789@gcp-sa-pubsub.iam.gserviceaccount.com"
      && google_pubsub_subscription_iam_member.agent[id].role == "roles/pubsub.subscriber"
    ])
    error_message = "Pub/Sub's agent may publish the letters and acknowledge the originals."
  }
  assert {
    condition     = length(google_pubsub_topic.event["shop_clicks"].schema_settings) == 1 && length(google_pubsub_topic.event["shop_views"].schema_settings) == 0
    error_message = "Only a topic that enforces has its schema attached."
  }
  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.bronze : subscription.expiration_policy[0].ttl == ""])
    error_message = "A subscription never expires."
  }
  assert {
    condition     = google_pubsub_topic.event["shop_clicks"].message_retention_duration == "604800s"
    error_message = "Seven days can be replayed."
  }
}

run "refuses" {
  command = plan
  variables {
    project_number       = "my-data-test"
    retention_days       = 32
    dead_letter_days     = 0
    delivery_attempts    = 4
    ack_deadline_seconds = 601
    storage_regions      = ["EU"]
    retry                = { minimum = 20, maximum = 10 }
  }
  expect_failures = [
    var.storage_regions,
    var.project_number, var.retention_days, var.dead_letter_days, var.delivery_attempts, var.ack_deadline_seconds, var.retry,
  ]
}
