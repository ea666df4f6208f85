output "streams" {
  description = "Source -> its stream's id."
  value       = { for source, stream in google_datastream_stream.source : source => stream.id }
}

output "secrets" {
  description = "Source -> the secret into which its password is put."
  value       = { for source, secret in google_secret_manager_secret.password : source => secret.secret_id }
}

output "unconnected" {
  description = "Sources with a database that the contracts describe and no stream copies."
  value       = setsubtract(keys(var.sources), keys(var.connections))
}
