"""Cases: from the application's arrival to the certificate's issuance."""
