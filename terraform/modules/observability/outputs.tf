output "notification_channels" {
  description = "Ids of the channels that alerts go to."
  value       = local.channels
}

output "alerts" {
  description = "Name of each alert -> its policy's id."
  value       = { for name, policy in google_monitoring_alert_policy.this : name => policy.id }
}

output "log_dataset" {
  description = "The dataset with the platform's logs."
  value       = google_bigquery_dataset.logs.dataset_id
}
