// Package client stands in for the object storage gateway, whose module can't be had; nothing here uses object storage.
package client

import (
	"errors"

	spi "github.com/alibabacloud-go/alibabacloud-gateway-spi/client"
)

// NewClient always fails: object storage is not part of this plugin.
func NewClient() (spi.ClientInterface, error) {
	return nil, errors.New("this build of the alicloud plugin has no object storage")
}
