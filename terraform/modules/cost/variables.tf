variable "project" {
  description = "The project whose costs are bounded."
  type        = string
}

variable "project_number" {
  description = "Its number: a budget names projects by number."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,}$", var.project_number))
    error_message = "Digits alone: gcloud projects describe PROJECT --format='value(projectNumber)'."
  }
}

variable "name" {
  description = "What the budget's name begins with."
  type        = string
  default     = "sluice"
}

variable "billing_account" {
  description = "The account that pays, null for no budget. Whoever applies needs roles/billing.costsManager on it."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "Write 012345-6789AB-CDEF01."
  }
}

variable "monthly_amount" {
  description = "What a month may cost, in whole units of the currency."
  type        = number
  default     = 500

  validation {
    condition     = var.monthly_amount > 0 && floor(var.monthly_amount) == var.monthly_amount
    error_message = "A whole number above 0."
  }
}

variable "currency" {
  description = "The billing account's currency; null takes it as it is."
  type        = string
  default     = null

  validation {
    condition     = var.currency == null || can(regex("^[A-Z]{3}$", var.currency))
    error_message = "Three capitals: EUR."
  }
}

variable "actual_shares" {
  description = "Shares of the amount at which, once spent, somebody is told."
  type        = list(number)
  default     = [0.5, 0.9, 1.0]

  validation {
    condition     = alltrue([for share in var.actual_shares : share > 0 && share <= 5])
    error_message = "Shares, such as 0.5 for half."
  }
}

variable "forecast_shares" {
  description = "The same for what Google forecasts for the month."
  type        = list(number)
  default     = [1.0, 1.5]

  validation {
    condition     = alltrue([for share in var.forecast_shares : share > 0 && share <= 5])
    error_message = "Shares, such as 1.0 for the whole amount."
  }
}

variable "notification_channels" {
  description = "Ids of Monitoring's channels; the first five are told (Google allows no more), beside the billing administrators and the project's owners."
  type        = list(string)
  default     = []
}

variable "query_terabytes_a_user" {
  description = "TiB that one user may have scanned in a day, on demand; null for no limit. Service accounts are users."
  type        = number
  default     = null

  validation {
    condition     = var.query_terabytes_a_user == null || try(var.query_terabytes_a_user > 0, false)
    error_message = "More than 0."
  }
}

variable "query_terabytes" {
  description = "The same for the whole project."
  type        = number
  default     = null

  validation {
    condition     = var.query_terabytes == null || try(var.query_terabytes > 0, false)
    error_message = "More than 0."
  }
}
