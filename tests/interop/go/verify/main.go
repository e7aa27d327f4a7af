// What Go's crypto/x509 says of certificate chains: reads a JSON list of them from standard input, and prints a list of its errors, "" for
// a chain that it takes.
package main

import (
	"crypto/x509"
	"encoding/json"
	"log"
	"os"
)

// A question is a chain in DER, the peer's own certificate first, the authority that counts, and the name that a server must have.
type question struct {
	Chain     [][]byte `json:"chain"`
	Authority []byte   `json:"authority"`
	Server    bool     `json:"server"`
	Name      string   `json:"name"`
}

func main() {
	log.SetFlags(0)
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		log.Fatalf("standard input: %v", err)
	}
	answers := make([]string, 0, len(questions))
	for _, q := range questions {
		if err := verify(q); err != nil {
			answers = append(answers, err.Error())
		} else {
			answers = append(answers, "")
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func verify(q question) error {
	authority, err := x509.ParseCertificate(q.Authority)
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		DNSName:       q.Name,
	}
	options.Roots.AddCert(authority)
	if q.Server {
		options.KeyUsages[0] = x509.ExtKeyUsageServerAuth
	}
	certificates := make([]*x509.Certificate, 0, len(q.Chain))
	for _, der := range q.Chain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		certificates = append(certificates, certificate)
	}
	for _, certificate := range certificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err = certificates[0].Verify(options)
	return err
}
