variable "project" {
  description = "The project that owns the network."
  type        = string
}

variable "project_number" {
  description = "Its number: a perimeter names projects by number."
  type        = string
  default     = null
}

variable "region" {
  description = "Where workers run."
  type        = string
}

variable "name" {
  description = "The network's name; the others begin with it."
  type        = string
  default     = "sluice"

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.name))
    error_message = "A name has lower-case letters, digits and dashes, a letter first, 40 characters at most."
  }
}

variable "subnetwork_range" {
  description = "The subnetwork's addresses. A /22 is enough for about 1,000 workers."
  type        = string
  default     = "10.20.0.0/22"

  validation {
    condition     = can(cidrhost(var.subnetwork_range, 0)) && try(tonumber(split("/", var.subnetwork_range)[1]) <= 28, false)
    error_message = "Write an IPv4 range such as 10.20.0.0/22, /28 or larger."
  }
}

variable "private_services_range" {
  description = "Addresses for Google's managed services (Cloud SQL). Must not overlap the subnetwork."
  type        = string
  default     = "10.21.0.0/20"

  validation {
    condition     = can(cidrhost(var.private_services_range, 0)) && try(tonumber(split("/", var.private_services_range)[1]) <= 24, false)
    error_message = "Write an IPv4 range such as 10.21.0.0/20, /24 or larger."
  }
  # Two ranges overlap when the larger one begins both.
  validation {
    condition = !var.enable_private_services || try(
      length(distinct([
        for range in [var.private_services_range, var.subnetwork_range] :
        cidrhost("${split("/", range)[0]}/${min(split("/", var.private_services_range)[1], split("/", var.subnetwork_range)[1])}", 0)
      ])) == 2, true
    )
    error_message = "It overlaps subnetwork_range."
  }
}

variable "enable_private_services" {
  description = "Peer with Google's managed services: needed by Cloud SQL."
  type        = bool
  default     = true
}

variable "enable_nat" {
  description = "A way out to what is not Google's."
  type        = bool
  default     = true
}

variable "nat_address_count" {
  description = "Fixed addresses for NAT, to be named in sources' firewalls; 0 lets Google choose and change them."
  type        = number
  default     = 1

  validation {
    condition     = var.nat_address_count >= 0 && var.nat_address_count <= 16 && floor(var.nat_address_count) == var.nat_address_count
    error_message = "Between 0 and 16 addresses."
  }
}

variable "flow_log_sampling" {
  description = "Which share of connections is logged, 0 to 1; logs are billed by volume."
  type        = number
  default     = 0.1

  validation {
    condition     = var.flow_log_sampling >= 0 && var.flow_log_sampling <= 1
    error_message = "A share between 0 and 1."
  }
}

variable "google_apis_access" {
  description = "Where the names of Google's APIs lead: default (public addresses, still privately routed), private, or restricted (only what a perimeter can guard)."
  type        = string
  default     = "private"

  validation {
    condition     = contains(["default", "private", "restricted"], var.google_apis_access)
    error_message = "One of default, private, restricted."
  }
}

variable "access_policy" {
  description = "Number of the organisation's access policy; a perimeter in dry run is made where it is set."
  type        = string
  default     = null

  validation {
    condition     = var.access_policy == null || can(regex("^[0-9]+$", var.access_policy))
    error_message = "The number alone, without accessPolicies/."
  }
}

variable "restricted_services" {
  description = "The services that the perimeter guards."
  type        = set(string)
  default = [
    "bigquery.googleapis.com",
    "storage.googleapis.com",
    "pubsub.googleapis.com",
    "bigtable.googleapis.com",
    "datastream.googleapis.com",
    "dataflow.googleapis.com",
    "secretmanager.googleapis.com",
    "cloudkms.googleapis.com",
    "sqladmin.googleapis.com",
  ]

  validation {
    condition     = alltrue([for service in var.restricted_services : endswith(service, ".googleapis.com")])
    error_message = "Services are written like bigquery.googleapis.com."
  }
}
