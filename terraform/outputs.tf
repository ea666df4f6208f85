# What people and programs need to know of what was built.
output "buckets" {
  description = "Role -> bucket."
  value       = module.storage.buckets
}

output "datasets" {
  description = "Layer -> dataset."
  value       = module.warehouse.datasets
}

output "tables" {
  description = "Every table that Terraform makes, as dataset.table."
  value       = module.warehouse.tables
}

output "policy_tags" {
  description = "Classification -> its policy tag, for dbt's columns."
  value       = module.warehouse.policy_tags
}

output "topics" {
  description = "Event -> the topic to which it is published."
  value       = module.streaming.topics
}

output "subscriptions" {
  description = "Event -> the subscription that the pipeline reads."
  value       = module.streaming.subscriptions
}

output "streams" {
  description = "Source -> its Datastream stream."
  value       = module.replication.streams
}

output "database_secrets" {
  description = "Source -> the secret into which the database's password is put."
  value       = module.replication.secrets
}

output "registry" {
  description = "Where images are pushed."
  value       = module.processing.registry
}

output "templates" {
  description = "Pipeline -> its flex template."
  value       = module.processing.templates
}

output "service_accounts" {
  description = "Workload -> e-mail of the account as which it runs."
  value       = module.iam.service_accounts
}

output "workload_identity_provider" {
  description = "What CI names to exchange its token; null without federation."
  value       = module.iam.workload_identity_provider
}
