output "topics" {
  description = "Event -> the topic to which it is published."
  value       = { for id, topic in google_pubsub_topic.event : id => topic.name }
}

output "subscriptions" {
  description = "Event -> the subscription that events_to_bronze reads."
  value       = { for id, subscription in google_pubsub_subscription.bronze : id => subscription.name }
}

output "dead_letter_topics" {
  description = "Event -> the topic that takes what cannot be used."
  value       = { for id, topic in google_pubsub_topic.dead_letters : id => topic.name }
}

output "dead_letter_subscriptions" {
  description = "Event -> the subscription that keeps dead letters."
  value       = { for id, subscription in google_pubsub_subscription.dead_letters : id => subscription.name }
}
