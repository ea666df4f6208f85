output "instance" {
  description = "The instance's name; null where there is none."
  value       = one(values(google_bigtable_instance.this)[*].name)
}

output "outgoing_topics" {
  description = "The topics on which the platform tells what it has computed."
  value       = sort([for topic in google_pubsub_topic.outgoing : topic.name])
}
