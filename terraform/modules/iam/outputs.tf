output "service_accounts" {
  description = "Workload -> the e-mail of the account that it runs as."
  value       = local.identities
}

output "workload_identity_provider" {
  description = "What CI names to exchange its token; null without federation."
  value       = one(values(google_iam_workload_identity_pool_provider.github)[*].name)
}

output "grants" {
  description = "Waits until every workload has its rights on data."
  value       = length(google_storage_bucket_iam_member.workload) + length(google_bigquery_dataset_access.workload)
}
