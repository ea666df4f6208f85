output "network_id" {
  description = "The network; those who use it wait for its peering with Google's managed services."
  value       = google_compute_network.this.id
  depends_on  = [google_service_networking_connection.services]
}

output "network_name" {
  description = "The network's short name."
  value       = google_compute_network.this.name
}

output "subnetwork_id" {
  description = "The subnetwork's id: projects/.../regions/.../subnetworks/..."
  value       = google_compute_subnetwork.this.id
}

output "subnetwork_self_link" {
  description = "The subnetwork's full URL, as Dataflow wants it."
  value       = google_compute_subnetwork.this.self_link
}

output "nat_addresses" {
  description = "The addresses from which sources elsewhere see Sluice."
  value       = google_compute_address.nat[*].address
}
