output "ui" {
  description = "Where Dagster's UI is; null before an image is set."
  value       = one(google_cloud_run_v2_service.ui[*].uri)
}

output "database_instance" {
  description = "The database's connection name."
  value       = google_sql_database_instance.this.connection_name
}

output "database_address" {
  description = "The database's private address."
  value       = google_sql_database_instance.this.private_ip_address
}

output "daemon" {
  description = "The worker pool's name; null before an image is set."
  value       = one(google_cloud_run_v2_worker_pool.daemon[*].name)
}

output "source_url_secrets" {
  description = "Source -> the secret into which its database's URL is put."
  value       = { for source, secret in google_secret_manager_secret.source_url : source => secret.secret_id }
}
