/** AWS's own pattern for the names of its public regions. */
const awsRegion =
  /^(?:af|ap|ca|eu|il|me|mx|sa|us|us-gov)-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]$/;

/** Whether a text is the name of an AWS region and nothing else. */
export function isAwsRegion(text: string): boolean {
  return awsRegion.test(text);
}
