/** AWS's own pattern for the names of its public regions, to be put into a larger expression. */
export const awsRegionPattern =
  '(?:af|ap|ca|eu|il|me|mx|sa|us|us-gov)-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]';

const wholeName = new RegExp(`^${awsRegionPattern}$`);

/** Whether a text is the name of an AWS region and nothing else. */
export function isAwsRegion(text: string): boolean {
  return wholeName.test(text);
}
