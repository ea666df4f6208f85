output "copies" {
  description = "Layer -> the dataset with its copy."
  value       = { for layer, dataset in google_bigquery_dataset.copy : layer => dataset.dataset_id }
}
