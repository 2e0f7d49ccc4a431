"""CRM: a record as HubSpot or Salesforce sends it, made a lead; an answer, made the properties to write back."""

from predictor.crm.maps import CRMS, Crm
from predictor.crm.read import CrmLead, CrmReader
from predictor.crm.write import write_properties

__all__ = ["CRMS", "Crm", "CrmLead", "CrmReader", "write_properties"]
