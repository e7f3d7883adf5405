// The alicloud plugin: the published Terraform provider under Pulumi's bridge, with the resources that handovers use.
package main

import (
	"github.com/aliyun/terraform-provider-alicloud/alicloud"
	"github.com/hashicorp/terraform-plugin-sdk/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v1"
)

// The version of the Python package pulumi-alicloud, which asks for the plugin of the same version.
const version = "4.0.0"

func main() {
	info := tfbridge.ProviderInfo{
		P:       shim.NewProvider(alicloud.Provider().(*schema.Provider)),
		Name:    "alicloud",
		Version: version,
		Resources: map[string]*tfbridge.ResourceInfo{
			"alicloud_ecs_snapshot":           {Tok: "alicloud:ecs/ecsSnapshot:EcsSnapshot"},
			"alicloud_eip_address":            {Tok: "alicloud:ecs/eipAddress:EipAddress"},
			"alicloud_eip_association":        {Tok: "alicloud:ecs/eipAssociation:EipAssociation"},
			"alicloud_image":                  {Tok: "alicloud:ecs/image:Image"},
			"alicloud_image_copy":             {Tok: "alicloud:ecs/imageCopy:ImageCopy"},
			"alicloud_image_share_permission": {Tok: "alicloud:ecs/imageSharePermission:ImageSharePermission"},
			// A list of any length in the provider, one object in the published package.
			"alicloud_instance": {
				Tok:    "alicloud:ecs/instance:Instance",
				Fields: map[string]*tfbridge.SchemaInfo{"network_interfaces": {MaxItemsOne: tfbridge.True()}},
			},
			"alicloud_security_group":      {Tok: "alicloud:ecs/securityGroup:SecurityGroup"},
			"alicloud_security_group_rule": {Tok: "alicloud:ecs/securityGroupRule:SecurityGroupRule"},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
	}
	// The published plugin names what a program leaves unnamed in the same way.
	info.SetAutonaming(255, "-")
	tfbridge.Main("alicloud", version, info, nil)
}
