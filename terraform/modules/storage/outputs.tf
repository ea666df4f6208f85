output "buckets" {
  description = "Role -> the bucket's name, once it is there."
  value       = { for role, bucket in google_storage_bucket.this : role => bucket.name }
}

output "notification_topic" {
  description = "The topic that announces landing files; null where none does."
  value       = one(values(google_pubsub_topic.objects)[*].id)
}
